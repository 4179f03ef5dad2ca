package com.bytefreezer.connector.api.data;

import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.lake.Credentials;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.query.Schema;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A dataset, from its listing.
 *
 * @param listing its objects
 * @param older the number of earlier objects, which are too many to keep
 * @param isWhole false if only the newest partition was listed
 * @param folders their folders, as {@code Lake} names them
 * @param credentials of the bucket, or null for a local folder
 * @param schema its known columns, more with each look
 */
record Dataset(
        DatasetName name,
        Listing listing,
        long older,
        boolean isWhole,
        Set<String> folders,
        @Nullable Credentials credentials,
        Schema schema) {
    /** In the order of their names, which is roughly that of their age. */
    List<LakeObject> objects() {
        return listing.objects();
    }

    /** The number of all objects; null if only the newest partition was listed. */
    @Nullable
    Long total() {
        return isWhole ? objects().size() + older : null;
    }

    /**
     * The objects of the range of a request; without both ends, of the newest partition.
     *
     * @throws ConnectorException if there are none
     */
    List<LakeObject> objectsIn(@Nullable String from, @Nullable String to) {
        if (objects().isEmpty()) {
            throw new ConnectorException(
                    "dataset %s: no Parquet objects under %s.".formatted(name(), String.join(" or ", folders)));
        }
        List<LakeObject> found = listing.inOrNewest(from, to).objects();
        if (found.isEmpty()) {
            throw new ConnectorException(
                    "dataset %s: no objects between from and to. Choose another range.".formatted(name()));
        }
        return found;
    }
}
