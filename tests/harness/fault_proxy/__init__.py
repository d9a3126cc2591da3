"""Proxies between Fileport and its stores, which break the requests that a test names."""

from tests.harness.fault_proxy import effects
from tests.harness.fault_proxy.exchange import CutError, Effect, Exchange
from tests.harness.fault_proxy.fault import Fault
from tests.harness.fault_proxy.http import HttpProxy
from tests.harness.fault_proxy.postgres import PostgresProxy
from tests.harness.fault_proxy.proxy import FaultProxy

__all__ = ["CutError", "Effect", "Exchange", "Fault", "FaultProxy", "HttpProxy", "PostgresProxy", "effects"]
