"""The market as it really is: the listing, and the process that moves it."""
