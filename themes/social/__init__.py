"""What people write about stocks, scored, weighed and added up."""
