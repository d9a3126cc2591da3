"""Header fields as the RFCs have them. Knows no resource."""
