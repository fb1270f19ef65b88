"""The `meterbook` command: starting and stopping, and the day's work for scripts."""
