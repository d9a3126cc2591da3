"""The wrappers of the application, one a module. `service.app` has their order."""
