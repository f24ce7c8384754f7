"""First five: hang up as soon as five items are complete.

A model lists everybody in a text as JSON, and five are enough for a preview. Each comes as a validated object while
the model is still writing the next one, and after the fifth nobody listens any more.

    Person(name='Ada Lovelace', known_for='the first program')
    Person(name='Alan Turing', known_for='computability')
    Person(name='Grace Hopper', known_for='the compiler')
    Person(name='Edsger Dijkstra', known_for='shortest paths')
    Hung up behind: …  "Barbara Liskov", "known_for": "abstraction"},
    Person(name='Barbara Liskov', known_for='abstraction')

Why it is right: `json_elements` emits an element with its closing bracket, and `take(5)` closes the connection there
and then, before the loop has even seen the fifth. What the model would have written is not paid for; `tap_end` and the
callbacks hear of a call that was cancelled, with what had come.
"""

import json

from pydantic import BaseModel
from reactivex import operators as ops

import rillm
from rillm.testing import scripted


class Person(BaseModel):
    name: str
    known_for: str


FORMAT = 'Answer with JSON: {"people": [{"name": "…", "known_for": "…"}, …]}'


def first_five(text: str) -> rillm.Stream[Person]:
    messages = [{"role": "system", "content": FORMAT}, {"role": "user", "content": f"Who is mentioned?\n\n{text}"}]
    answer = rillm.stream("openai/gpt-4o-mini", messages, response_format={"type": "json_object"})
    return answer.pipe(rillm.tap_end(tell), rillm.json_elements("people", Person), ops.take(5))


def tell(ending: rillm.Ending) -> None:
    if ending.cancelled and ending.response:
        print("Hung up behind: …", (ending.response.choices[0].message.content or "")[-47:])


def main() -> None:
    for person in first_five("A short history of computer science …"):
        print(repr(person))


PEOPLE = {
    "Ada Lovelace": "the first program", "Alan Turing": "computability", "Grace Hopper": "the compiler",
    "Edsger Dijkstra": "shortest paths", "Barbara Liskov": "abstraction", "Leslie Lamport": "clocks",
    "Tony Hoare": "quicksort", "Frances Allen": "optimisation",
}  # fmt: skip

if __name__ == "__main__":
    people = [{"name": name, "known_for": what} for name, what in PEOPLE.items()]
    with scripted("openai/gpt-4o-mini", json.dumps({"people": people})):  # without it the real model answers
        main()
