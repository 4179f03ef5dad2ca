package com.bytefreezer.connector.api.data;

import com.bytefreezer.connector.lake.Credentials;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.query.Schema;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A dataset as its listing shows it.
 *
 * @param objects in the order of their names, which is roughly that of their age
 * @param older how many objects come before them, too many to keep
 * @param folders where they are, as {@code Lake} names them
 * @param credentials of the bucket, or null for a folder of this machine
 * @param schema what is known of its columns, more with each look
 */
record Dataset(
        String tenant,
        String dataset,
        List<LakeObject> objects,
        long older,
        Set<String> folders,
        @Nullable Credentials credentials,
        Schema schema) {
    /** So messages name it. */
    String name() {
        return tenant + "/" + dataset;
    }
}
