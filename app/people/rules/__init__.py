"""What holds for people without a look at the database: names, passwords, sign-in, roles."""
