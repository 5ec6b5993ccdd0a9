"""The same work with lifetimes: summary of the orders, fit of MBG/NBD and BG/NBD, chance to be alive for everyone.

A small penalty, as its error messages advise: without one it may give up on made-up stores.

Reads the customer, day and value columns of an .npz file; prints the seconds of each part as JSON.
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


def main(path: str) -> None:
    """Times the parts."""
    columns = np.load(path)
    orders = pd.DataFrame(
        {"customer": columns["customer"], "day": pd.to_datetime(columns["day"], unit="D"), "value": columns["value"]}
    )
    seconds = {}
    start = time.perf_counter()
    summary = summary_data_from_transaction_data(
        orders, "customer", "day", observation_period_end=pd.to_datetime(int(columns["today"]), unit="D")
    )
    seconds["summary"] = time.perf_counter() - start
    told = (summary["frequency"], summary["recency"], summary["T"])
    for name, fitter in (
        ("MBG/NBD", ModifiedBetaGeoFitter(penalizer_coef=0.001)),
        ("BG/NBD", BetaGeoFitter(penalizer_coef=0.001)),
    ):
        start = time.perf_counter()
        fitter.fit(*told)
        seconds[f"{name} fit"] = time.perf_counter() - start
        start = time.perf_counter()
        fitter.conditional_probability_alive(*told)
        seconds[f"{name} score"] = time.perf_counter() - start
    sys.stdout.write(json.dumps(seconds))


if __name__ == "__main__":
    main(sys.argv[1])
