"""Building blocks of the pages: plain functions that return components and know of no state."""
