"""The wrappers of the application, one a module. `service.http.app` has their order."""
