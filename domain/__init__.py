"""The domain of Fileport: its words, rules, ports and use cases."""
