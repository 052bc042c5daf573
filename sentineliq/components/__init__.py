"""Building blocks of the pages: plain functions that return components; of states they know the language."""
