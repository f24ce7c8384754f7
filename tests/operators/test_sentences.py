from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rillm
from tests.kit.cuts import cut_everywhere, cuttings


def sentences(*texts: str) -> list[str]:
    return list(rillm.of(*texts).pipe(rillm.sentences()))


# `‖` is where they are cut.
ENGLISH = [
    "",
    "Hello",
    "Hello. ‖World.",
    "\n Hi!  ‖How are you?  ‖Fine",
    "Really?! ‖Yes!! ‖No...",
    # abbreviations
    "Hi Dr. Fox. ‖Mr. and Mrs. Smith vs. Prof. Kim, Jr. are here.",
    "The U.S. Army is big. ‖I live in the U.S. ‖The weather is nice.",
    "In Washington, D.C. ‖It rained. ‖At 9 a.m. Monday we met. ‖At 5 p.m. ‖We left.",
    "Some (e.g. The Beatles, i.e. Paul) play. ‖Apples, pears, etc. are fruit. ‖Plums, etc. ‖More.",
    "J. R. R. Tolkien wrote it. ‖George W. Bush read it. ‖Plan B. ‖It works. ‖It was I. ‖He left.",
    "She has a Ph.D. ‖He has none. ‖Foo Inc. CEO Tim left Bar Inc. ‖The end. ‖Foo et al. found it.",
    "World War II. ‖That was it. ‖Vitamin C. ‖A good one.",
    "See No. 5, fig. 3 and p. 12. ‖No. ‖That is wrong. ‖On Sept. 11 it rained.",
    # numbers, versions, names
    "Pi is 3.14. ‖It costs $5. ‖Then 10%. ‖In 2010. ‖The answer is 42. ‖It is. ‖Is it 5? ‖6 is more.",
    "Use v1.2.3. ‖Python 3.12 runs. ‖Node.js too. ‖Open main.py. ‖Now.",
    "See https://foo.com/a.b?c=d. ‖Or example.com. ‖Mail a.b@c.org. ‖Thanks!",
    "Hello.World calls foo.Bar. ‖Ok.",
    # ellipses and small letters
    "Wait... what? ‖Well... ‖Plan B... ‖Next. ‖So… no. ‖So… ‖Fine.",
    "hey! ‖how are you? ‖i am fine. and you",
    # quotes, brackets, emphasis, footnotes
    '"Why?" he asked. ‖"Stop!" ‖She ran. ‖“Really.” ‖‘No.’ ‖Then',
    "It (I think.) is. ‖(It is.) ‖[So.] ‖Then.",
    "He said: “Go!” and left. ‖“Hi. ‖You.” ‖End.",
    "**Bold.** ‖*Slanted.* ‖_Too!_ ‖`Code.` ‖~~Gone.~~ ‖End",
    "A fact.[1] ‖Another.[2][^3] ‖The last [4]. ‖End.",
    "Foo. - Bar. – Baz. ‖Next",
    "Great! ‖😀 Let us go. ‖🎉",
]
MARKDOWN = [
    "1. Foo bar. ‖2. Bar baz.\n‖3. The third.\n‖10. Ten",
    "Two things:\n\n‖- The first. ‖It is good.\n‖- the second\n‖* the third",
    "a) foo\n‖b) bar\n‖c. baz\n‖iv. qux",
    "A. First. ‖B. Second.",
    "# 1. The Title\n‖Text. ‖More.\n\n‖## Why? ‖How?\n‖## small title\n‖small text",
    "**Summary**\n‖The text\n‖And more",
    "the quick brown\nfox. it jumps\nover. ‖It\n‖Falls.",
    "one\n\n‖two\r\n\r\n‖three\r\r‖four\u2029‖five",
    "One.  \n‖Two.\r\n‖Three.\r‖In the U.S.\n‖Four",
    "| a | b |\n‖| - | - |\n‖| c. D | d |",
    "> Quote. ‖More\n‖> next\n\n‖---\n‖End",
    'Code:\n\n‖```python\nprint("a. B")\n\n# C! D\nx = 1\n```\n‖Done. ‖Ok.',
    "```\na\n``` x\n````\n‖Done. ‖Ok",
    "````md\n```\na. B\n```\n````\n‖Done. ‖Ok",
    "~~~ js run\n```\na. B\n```\n~~~\n\n‖Done",
    "1. Foo:\n   ‖```sh\n   ls. Ls\n   ```\n‖2. Bar",
    "Use ```a. B``` here. ‖Next.",
    "```a b``` is it. ‖Next.\n‖```\nb",
    "```\nopen. Never\n\nclosed",
]
GERMAN = [
    "Am 3. Oktober 2010 kam Dr. Müller z. B. mit dem Zug. ‖Das war gut.",
    "Das kostet ca. 5 Mio. Euro bzw. Dollar inkl. Versand. ‖Die Hauptstr. 5 ist es.",
    "Ludwig der 14. König. ‖Das 19. Jahrhundert. ‖Es war der 3. ‖Der 4. folgte.",
    "z.B. Äpfel, d.h. Obst, usw. ‖Die anderen nicht. ‖Hr. Maier, geb. Huber, auch.",
    "„Ja.“ ‖Er ging. ‖»Nein.« ‖Sie blieb. ‖„Warum?“, fragte er. ‖„Ja!“ sagte sie.",
    "Er sagte: »Ja! ‖»So.« ‖Über uns.",
]
FRENCH = [
    "M. Dupont et Mme. Curie sont là. ‖C’est vrai. ‖L'été vient.",
    "« Bonjour. » ‖Il part. ‖« Quoi ? » dit-il. ‖Oui ! ‖Non ? ‖Si.",
    "Il dit : « Oui. ‖Non. » ‖Puis rien. ‖Voir p. ex. Paris, c.-à-d. la ville.",
    "Né en 50 av. J.-C. ‖Il est mort. ‖À bientôt !",
    "Il coûte 3,50 €. ‖« Cher ! »",
]
SPANISH = [
    "¿Qué? ‖¡No! ‖¿Sí? ‖Vale.",
    "El Sr. García y la Sra. Pérez viven en EE. UU. ‖La casa es de la Dra. Ruiz. ‖Ud. Sabe.",
    "Véase la pág. 5. ‖Por ejemplo. ‖«¿Ya?» ‖Sí.",
]
CHINESE = [
    "你好。‖我是小明！‖你呢？‖很好",
    "他说：“你好。”‖然后走了。‖（真的。）‖对",
    "是吗？！‖对。\n‖“好！”‖他说",
    "我……不知道。‖圆周率是3.14。‖v2.0版。‖OK",
    "你好!‖我是小明.‖你呢?‖「好」的",
    "你好。 ‖世界",
    "用Hello.世界。‖好",
]
JAPANESE = [
    "東京です。‖本当？‖うん。",
    "「はい。」と彼は言った。‖「いいえ。」‖彼女は笑った。",
    "『猫』を読む。‖（注。）‖次へ！‖ラーメン！‖コーヒー",
    "行く!‖ラーメン?‖食べる｡‖はい",
    "いいでしょ.‖コーヒー.‖はい",
    "｢はい｡｣と言った｡‖｢いいえ｡｣‖次",
]
OTHERS = [
    "네. ‖그래요. ‖좋아요! ‖가자.",
    "मैं हूँ। ‖तुम हो।",
    "مرحبا؟ ‖نعم. ‖شكرا.",
    "А. С. Пушкин. ‖Он поэт.",
]


@pytest.mark.parametrize(
    "row", [*ENGLISH, *MARKDOWN, *GERMAN, *FRENCH, *SPANISH, *CHINESE, *JAPANESE, *OTHERS], ids=ascii
)
def test_sentences(row: str) -> None:
    whole = [sentence for sentence in row.split("‖") if sentence]
    for cut in cut_everywhere("".join(whole)):
        assert sentences(*cut) == whole


PARTS = [
    *[
        "a",
        "A",
        "The",
        "Dr",
        "U.S",
        "e.g",
        "5",
        "1",
        "と",
        "好",
        "ア",
        "»",
        "«",
        '"',
        "(",
        ")",
        "”",
        "[1]",
        "*",
        "#",
        "-",
    ],
    *[".", "!", "?", "…", "。", "！", " ", "  ", "\n", "\r\n", "\n\n", "```", "`", "~~~", ",", "\u2028", "😀"],
]


@given(st.lists(st.sampled_from(PARTS), max_size=30).map("".join).flatmap(lambda t: st.tuples(st.just(t), cuttings(t))))
def test_any_cutting(case: tuple[str, list[str]]) -> None:
    text, cut = case
    pieces = sentences(*cut)
    assert pieces == sentences(text)
    assert "".join(pieces) == text
    assert all(pieces)
    assert len(pieces) < 2 or not any(piece.isspace() for piece in pieces)
    assert not any(piece[0].isspace() for piece in pieces[1:])
