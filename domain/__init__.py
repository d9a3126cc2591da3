"""What Fileport is: its words, rules, ports and use cases."""
