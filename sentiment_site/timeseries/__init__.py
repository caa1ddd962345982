"""Large dated tables: made by a migration, cut into partitions, archived before they are dropped."""
