"""The tail engine: overlap, de-duplication, order, back-pressure, gaps. No Textual, no AWS."""
