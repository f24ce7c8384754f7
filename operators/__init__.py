"""Stream in, stream out: one file an operator, named as its function."""
