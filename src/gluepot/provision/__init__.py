"""What has to stand in AWS before gluepot runs: policies and roles, as documents to hand over."""
