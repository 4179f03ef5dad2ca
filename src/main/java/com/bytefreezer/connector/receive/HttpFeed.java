package com.bytefreezer.connector.receive;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.bytefreezer.connector.config.DatasetChoice;
import com.bytefreezer.connector.config.DatasetName;
import java.security.MessageDigest;
import java.util.Optional;

/**
 * A feed that takes events over HTTP.
 *
 * @param datasets into which it may bring events
 * @param token that its senders must have; empty: none
 * @param mostBytes of a body, as it is sent
 * @param mostUnpacked bytes of a body once it is unpacked
 * @param longestLine in bytes
 */
public record HttpFeed(
        String name,
        DatasetChoice datasets,
        Format format,
        Optional<String> token,
        long mostBytes,
        long mostUnpacked,
        int longestLine) {
    boolean takes(DatasetName dataset) {
        return datasets.matches(dataset);
    }

    /** Takes a time that depends only on what is given, not on the token. */
    boolean admits(Optional<String> given) {
        return token.isEmpty()
                || given.filter(one -> MessageDigest.isEqual(
                                one.getBytes(UTF_8), token.get().getBytes(UTF_8)))
                        .isPresent();
    }
}
