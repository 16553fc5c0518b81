"""The JDBC route: the walkthrough's connector and visual job, for those who must follow it; its limits said plainly."""
