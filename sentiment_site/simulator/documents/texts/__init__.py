"""What documents are written with: two families of templates and the vocabularies of topics, as data."""
