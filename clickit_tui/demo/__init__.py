"""The embedded ClickIt: a moto server, a simulator and scripted incidents behind real HTTP."""
