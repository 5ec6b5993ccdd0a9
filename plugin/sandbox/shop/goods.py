"""What the shop sells: records that do not exist."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from plugin.sandbox.cash import rounded
from plugin.sandbox.order_bodies import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One record; ``cover`` picks its colours."""

    number: int
    title: str
    artist: str
    price: Decimal
    cover: int

    def line(self, quantity: int, currency: str) -> Line:
        """So many of it in a basket."""
        title = f"{self.artist}: {self.title}"
        return Line(title=title, price=rounded(self.price, currency), quantity=quantity, product_id=self.number)


def _product(place: int, title: str, artist: str, price: str) -> Product:
    return Product(number=8_100_000_000_010 + place, title=title, artist=artist, price=Decimal(price), cover=place % 6)


PRODUCTS = tuple(
    _product(place, title, artist, price)
    for place, (title, artist, price) in enumerate((
        ("Harbour Lights at Four", "The Late Ferries", "14.00"),
        ("Nine Quiet Rooms", "Ilse Varga", "18.50"),
        ("Paper Weather", "Low Tide Choir", "11.00"),
        ("Songs for a Night Bus", "Mono Avenue", "16.00"),
        ("The Gardener’s Almanac", "Field & Thorn", "22.00"),
        ("Brass for Small Hours", "Quartet Ombra", "27.50"),
        ("Northern Radio", "Kilometre Zero", "13.00"),
        ("Complete Piano Letters (3 CDs)", "Anouk Teller", "48.00"),
    ))
)  # fmt: skip
BY_NUMBER = {product.number: product for product in PRODUCTS}
