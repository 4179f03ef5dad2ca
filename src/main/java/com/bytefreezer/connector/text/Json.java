package com.bytefreezer.connector.text;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;

/** How the connector reads JSON of others: with limits, so that no text takes the memory or the stack of the process. */
public final class Json {
    /** Objects and lists in each other that a document may have: reading it as a tree takes stack for each. */
    private static final int DEEPEST_DOCUMENT = 1000;
    /** The same for a record, which is read piece by piece: each takes some 100 bytes while it is open. */
    private static final int DEEPEST_RECORD = 100_000;

    /** Digits of a number that a document may have: reading it takes the square of their time. */
    private static final int LONGEST_NUMBER = 1000;

    private static final JsonFactory DOCUMENTS = factory(DEEPEST_DOCUMENT, LONGEST_NUMBER);
    private static final JsonFactory RECORDS = factory(DEEPEST_RECORD, Integer.MAX_VALUE);

    private Json() {}

    /** For answers, requests and other documents. What exceeds the limits is no JSON for it. Safe for use by several threads. */
    public static ObjectMapper mapper() {
        return new ObjectMapper(DOCUMENTS);
    }

    /** For records of events, which are read piece by piece. Safe for use by several threads. */
    public static JsonFactory records() {
        return RECORDS;
    }

    /** Whether {@code text} is one document. */
    public static boolean isDocument(String text) {
        try (JsonParser parser = DOCUMENTS.createParser(text)) {
            parser.nextToken();
            parser.skipChildren();
            return parser.currentToken() != null && parser.nextToken() == null;
        } catch (IOException e) {
            return false;
        }
    }

    private static JsonFactory factory(int deepest, int longestNumber) {
        return JsonFactory.builder()
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(deepest)
                        .maxNumberLength(longestNumber)
                        // As long as the whole record is; that has a limit of its own.
                        .maxStringLength(Integer.MAX_VALUE)
                        .maxNameLength(Integer.MAX_VALUE)
                        .build())
                .build();
    }
}
