from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rillm
from tests.kit.cuts import cut_everywhere, cuttings


def words(*texts: str) -> list[str]:
    return list(rillm.of(*texts).pipe(rillm.words()))


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", ""),
        ("Hello", "Hello"),
        ("Hello world!", "Hello_|world!"),
        ("Hello  big\n\nworld \t", "Hello__|big↵↵|world_\t"),
        ("\n\n Hello", "↵↵_Hello"),
        ("  ", "__"),
        ("a\u00a0b\u3000c", "a\u00a0|b\u3000|c"),
        ('(hello), foo[bar] "x" a_b-c', '(hello),_|foo[bar]_|"x"_|a\u2581b-c'),
        ("https://foo.com/a?b=c", "https://foo.com/a?b=c"),
        ("Grüße, café", "Grüße,_|café"),
        ("cafe\u0301 e\u0301", "cafe\u0301_|e\u0301"),
        ("안녕하세요 세계", "안녕하세요_|세계"),
        ("👨‍👩‍👧 hi👍🏽", "👨‍👩‍👧_|hi👍🏽"),
        # Chinese: ideographs alone, punctuation with what it closes or opens
        ("你好，世界。", "你|好，|世|界。"),
        ("他说：“你好！”走了", "他|说：|“你|好！”|走|了"),
        ("用iPhone拍2024年（新）", "用|iPhone|拍|2024|年|（新）"),
        ("50%的人 用 C++", "50%|的|人_|用_|C++"),
        ("**你好**，(是)", "**你|好**，|(是)"),
        ("好😀吗", "好😀|吗"),
        ("𠮷野家", "𠮷|野|家"),
        ("禰\U000e0100豆子", "禰\U000e0100|豆|子"),
        # Japanese: Katakana in groups, small kana and signs of length with what is before
        ("コンピュータはラーメンが好き。", "コンピュータ|は|ラーメン|が|好|き。"),
        ("ちょっと、らーめん", "ちょっ|と、|らー|め|ん"),
        ("「ジョン・スミス」さん", "「ジョン・|スミス」|さ|ん"),
        ("東京タワー、Tシャツ", "東|京|タワー、|T|シャツ"),
        ("ｶﾞｽ時々", "ｶﾞｽ|時|々"),
        ("Python『入門』", "Python|『入|門』"),
        # Thai and its neighbours: letters with their vowels and signs
        ("สวัสดี ราคา100บาท", "ส|วั|ส|ดี_|รา|คา|100|บา|ท"),
        ("ไทยเก่ง", "ไท|ย|เก่|ง"),
        ("ខ្មែរ", "ខ្មែ|រ"),
        ("မြန်မာ", "မြ|န်|မာ"),
    ],
)
def test_words(text: str, pieces: str) -> None:
    plain = pieces.replace("_", " ").replace("↵", "\n").replace("\u2581", "_")
    for cut in cut_everywhere(text):
        assert words(*cut) == (plain.split("|") if plain else [])


@given(
    st.text("ab1.,( \"'\n。、「」“”你好あっーアイｱﾞกเาំ្\u0301\u200d😀").flatmap(
        lambda text: st.tuples(st.just(text), cuttings(text))
    )
)
def test_any_cutting(case: tuple[str, list[str]]) -> None:
    text, cut = case
    pieces = words(*cut)
    assert pieces == words(text)
    assert "".join(pieces) == text
    assert all(pieces)
    assert len(pieces) < 2 or not any(piece.isspace() for piece in pieces)
    assert [word for piece in pieces for word in piece.split()] == text.split() or not text.isascii()
