"""Who answers: request encoding, framing, decoding, transport."""
