"""What the dashboard costs, each row as a ratio against a baseline of the same run: `python -m benchmarks [ROW...]`."""
