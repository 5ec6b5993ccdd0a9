"""What Regulars remembers: tables, constraints, the two queues and the functions that read and write them."""
