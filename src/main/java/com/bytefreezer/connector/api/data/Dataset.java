package com.bytefreezer.connector.api.data;

import com.bytefreezer.connector.lake.Credentials;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.query.Schema;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A dataset, from its listing.
 *
 * @param objects in the order of their names, which is roughly that of their age
 * @param older the number of earlier objects, which are too many to keep
 * @param folders their folders, as {@code Lake} names them
 * @param credentials of the bucket, or null for a local folder
 * @param schema its known columns, more with each look
 */
record Dataset(
        String tenant,
        String dataset,
        List<LakeObject> objects,
        long older,
        Set<String> folders,
        @Nullable Credentials credentials,
        Schema schema) {
    /** Its name in messages. */
    String name() {
        return tenant + "/" + dataset;
    }
}
