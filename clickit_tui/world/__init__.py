"""The values: everything the product knows about one environment, frozen. No I/O, no AWS keys, no widgets."""
