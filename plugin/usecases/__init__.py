"""What Regulars does, one verb per file: takes a database connection, values and ``as_of``; never commits."""
