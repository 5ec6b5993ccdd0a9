"""The same work with lifetimes: summary of the orders, fit of MBG/NBD and BG/NBD, chance to be alive for everyone.

A small penalty, as its error messages advise: without one it may give up on made-up stores.

Reads the customer, day and value columns of an .npz file; prints the seconds of each part as JSON, the clock's and the processor's.
"""

import json
import sys
import time
import warnings

import numpy as np
import pandas as pd
from lifetimes import BetaGeoFitter, ModifiedBetaGeoFitter
from lifetimes.utils import summary_data_from_transaction_data

warnings.simplefilter("ignore")


def now() -> tuple[float, float]:
    """The clock, and what the processor has done for us."""
    return time.perf_counter(), time.process_time()


def since(start: tuple[float, float]) -> list[float]:
    """Seconds of both."""
    return [after - before for before, after in zip(start, now(), strict=True)]


def main(path: str) -> None:
    """Times the parts."""
    columns = np.load(path)
    orders = pd.DataFrame(
        {"customer": columns["customer"], "day": pd.to_datetime(columns["day"], unit="D"), "value": columns["value"]}
    )
    seconds = {}
    start = now()
    summary = summary_data_from_transaction_data(
        orders, "customer", "day", observation_period_end=pd.to_datetime(int(columns["today"]), unit="D")
    )
    seconds["summary"] = since(start)
    told = (summary["frequency"], summary["recency"], summary["T"])
    for name, fitter in (
        ("MBG/NBD", ModifiedBetaGeoFitter(penalizer_coef=0.001)),
        ("BG/NBD", BetaGeoFitter(penalizer_coef=0.001)),
    ):
        start = now()
        fitter.fit(*told)
        seconds[f"{name} fit"] = since(start)
        start = now()
        fitter.conditional_probability_alive(*told)
        seconds[f"{name} score"] = since(start)
    sys.stdout.write(json.dumps(seconds))


if __name__ == "__main__":
    main(sys.argv[1])
