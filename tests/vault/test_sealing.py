"""What is sealed opens with the right key about the right thing, and in no other way."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugin.vault import Unsealable, Vault

OLD, NEW, OTHER = "old-key-" * 5, "new-key-" * 5, "another-" * 5
ABOUT = "shop:7:credentials"
SEALED = Vault([NEW, OLD]).seal(b"shpat_secret", about=ABOUT)


@given(plain=st.binary(max_size=200), about=st.text(max_size=40))
@settings(max_examples=50)
def test_what_is_sealed_opens_again(plain: bytes, about: str) -> None:
    """Unsealing gives back the very bytes, for every text that says what they are about."""
    vault = Vault([NEW, OLD])

    assert vault.unseal(vault.seal(plain, about=about), about=about) == plain


@given(position=st.integers(0, len(SEALED) - 1), change=st.integers(1, 255))
@settings(max_examples=100)
def test_one_changed_byte_closes_it_for_ever(position: int, change: int) -> None:
    """No byte of the sealed bytes, head included, can be changed."""
    changed = bytearray(SEALED)
    changed[position] ^= change

    with pytest.raises(Unsealable):
        Vault([NEW, OLD]).unseal(bytes(changed), about=ABOUT)


@pytest.mark.parametrize("length", [0, 1, 20, 36, len(SEALED) - 1])
def test_cut_bytes_do_not_open(length: int) -> None:
    """What is left of sealed bytes opens nothing."""
    with pytest.raises(Unsealable):
        Vault([NEW]).unseal(SEALED[:length], about=ABOUT)


def test_a_row_cannot_be_moved_to_another_shop() -> None:
    """Bytes sealed about one shop's credentials do not open as another's."""
    with pytest.raises(Unsealable):
        Vault([NEW]).unseal(SEALED, about="shop:8:credentials")


def test_an_old_key_opens_and_the_newest_seals() -> None:
    """After a rotation what was sealed before still opens, and is known to need sealing again."""
    before, after = Vault([OLD]), Vault([NEW, OLD])
    old = before.seal(b"x", about=ABOUT)
    new = after.seal(after.unseal(old, about=ABOUT), about=ABOUT)

    assert (after.sealed_with_newest(old), after.sealed_with_newest(new)) == (False, True)
    assert Vault([NEW]).unseal(new, about=ABOUT) == b"x"
    with pytest.raises(Unsealable):
        Vault([NEW]).unseal(old, about=ABOUT)


def test_the_same_thing_sealed_twice_looks_different() -> None:
    """Equal secrets cannot be told to be equal by their sealed bytes."""
    vault = Vault([NEW])

    assert vault.seal(b"x", about=ABOUT) != vault.seal(b"x", about=ABOUT)


def test_sealed_bytes_show_nothing_of_the_secret_or_the_key() -> None:
    """Neither the plain bytes nor the key's text stand in the sealed bytes."""
    assert b"shpat_secret" not in SEALED
    assert NEW.encode() not in SEALED


def test_each_purpose_has_its_own_key() -> None:
    """Subkeys differ by purpose and by key, stay the same for ever, and an older one can be named."""
    vault = Vault([NEW, OLD])

    assert len({vault.subkey("codes"), vault.subkey("export"), Vault([OLD]).subkey("codes")}) == 3
    assert vault.subkey("codes") == Vault([NEW]).subkey("codes")
    assert vault.subkey("codes", key_id=Vault([OLD]).key_id()) == Vault([OLD]).subkey("codes")
    assert vault.subkey("codes").hex() == "0042a69da27621b95ccf0c54b3326f0304e584302bf0f3469ed8e8f16f9d202d"
    with pytest.raises(KeyError):
        vault.subkey("codes", key_id=Vault([OTHER]).key_id())


def test_fingerprints_are_given_under_every_key() -> None:
    """The newest key's fingerprint comes first, and an old vault's fingerprint is still among them."""
    both, old, new = Vault([NEW, OLD]), Vault([OLD]), Vault([NEW])

    assert both.fingerprints("7", "123") == [*new.fingerprints("7", "123"), *old.fingerprints("7", "123")]


@given(parts=st.lists(st.text(max_size=8), min_size=1, max_size=3), other=st.lists(st.text(max_size=8), max_size=3))
@settings(max_examples=50)
def test_fingerprints_know_where_a_part_ends(parts: list[str], other: list[str]) -> None:
    """Two lists of parts have one fingerprint exactly when they are the same list."""
    vault = Vault([NEW])

    assert (vault.fingerprints(*parts) == vault.fingerprints(*other)) is (parts == other)
    assert vault.fingerprints(*parts, "") != vault.fingerprints("".join(parts))


@pytest.mark.parametrize("keys", [[], [""], [NEW, ""]])
def test_a_vault_without_a_key_is_refused(keys: list[str]) -> None:
    """There is no such thing as an empty key."""
    with pytest.raises(ValueError, match="key"):
        Vault(keys)
