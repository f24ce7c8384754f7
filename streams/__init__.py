"""The vocabulary and the machine: chunks, responses, errors, `Stream`, and the drivers that pull it."""
