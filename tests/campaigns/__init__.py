"""The campaigns that prove the intake: killed, starved, drowned and lied to, it loses nothing and doubles nothing."""
