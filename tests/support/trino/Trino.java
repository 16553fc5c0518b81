import io.trino.testing.LocalQueryRunner;
import io.trino.testing.MaterializedResult;
import io.trino.testing.MaterializedRow;
import io.trino.testing.TestingSession;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** Runs statements in Trino: each line of standard input is one, in base64; each answer ends with an empty line. */
public class Trino
{
    public static void main(String[] arguments) throws Exception
    {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        try (LocalQueryRunner runner = LocalQueryRunner.create(TestingSession.testSessionBuilder().build())) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String sql = new String(Base64.getDecoder().decode(line), StandardCharsets.UTF_8);
                StringBuilder told = new StringBuilder();
                try {
                    MaterializedResult result = runner.execute(sql);
                    for (MaterializedRow row : result.getMaterializedRows()) {
                        told.append("row\t").append(row.getFields().stream().map(one -> one == null ? "\\N" : one.toString()).reduce((a, b) -> a + "\t" + b).orElse("")).append("\n");
                    }
                }
                catch (RuntimeException error) {
                    told.append("error\t").append(String.valueOf(error.getMessage()).replace("\n", " ")).append("\n");
                }
                System.out.println("answer\n" + told);
                System.out.flush();
            }
        }
    }
}
