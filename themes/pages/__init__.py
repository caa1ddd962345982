"""The themes as people see them: board, theme page, operators' forms, a stock's part in all of it, and the API."""
