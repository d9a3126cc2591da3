"""What Alembic runs, in the transaction of the connection that `migrate` lends it."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
