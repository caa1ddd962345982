"""SEC EDGAR: www, data and efts under one base. Shapes and quirks of upstreams.md section 4."""
