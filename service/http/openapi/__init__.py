"""The OpenAPI document and its page."""

from service.http.openapi.pages import schema_router

__all__ = ["schema_router"]
