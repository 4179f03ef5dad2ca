package com.bytefreezer.connector.receive;

import com.bytefreezer.connector.config.DatasetChoice;
import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.text.Sha256;
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

    /** Takes the same time for a wrong and the right token. */
    boolean admits(Optional<String> given) {
        return token.isEmpty()
                || given.filter(one -> MessageDigest.isEqual(Sha256.of(token.get()), Sha256.of(one)))
                        .isPresent();
    }
}
