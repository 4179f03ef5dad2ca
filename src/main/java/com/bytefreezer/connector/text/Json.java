package com.bytefreezer.connector.text;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;

/** Reads external JSON with limits, so that no text exhausts the memory or the stack of the process. */
public final class Json {
    /** Maximum nesting of a document: reading it as a tree takes stack for each level. */
    private static final int DEEPEST_DOCUMENT = 1000;
    /** Maximum nesting of a record, which is read piece by piece: each level takes about 100 bytes while it is open. */
    private static final int DEEPEST_RECORD = 100_000;

    /** Maximum digits of a number in a document: reading takes quadratic time. */
    private static final int LONGEST_NUMBER = 1000;

    private static final JsonFactory DOCUMENTS = factory(DEEPEST_DOCUMENT, LONGEST_NUMBER);
    private static final JsonFactory RECORDS = factory(DEEPEST_RECORD, Integer.MAX_VALUE);

    private Json() {}

    /**
     * For answers, requests and other documents. Rejects text beyond the limits as invalid JSON. Safe for use by
     * several threads.
     */
    public static ObjectMapper mapper() {
        return new ObjectMapper(DOCUMENTS);
    }

    /** For requests: an integer given as a fraction is refused, not cut. Safe for use by several threads. */
    public static ObjectMapper ofRequests() {
        return mapper().disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT);
    }

    /** For records, which are read piece by piece. Safe for use by several threads. */
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
                        // No limit here: the whole record has a limit of its own.
                        .maxStringLength(Integer.MAX_VALUE)
                        .maxNameLength(Integer.MAX_VALUE)
                        .build())
                .build();
    }
}
