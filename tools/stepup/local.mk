# stepup, the CLI.
