package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.problem.ConnectorException;
import java.util.List;
import java.util.Optional;

/** A unit of work, recorded as a whole. */
public interface Delivered {
    /** The lane that delivers it. */
    Lane lane();

    List<LakeObject> objects();

    /** Identifies the query; a checkpoint is valid only for its own query. */
    String query();

    Counts counts();

    /** Describes the whole dataset, if the unit covers all of it. */
    Optional<String> listing();

    /** The {@link #listing} of the last delivery before this run. */
    Optional<String> listingBefore();

    /**
     * This process has claimed it.
     *
     * @param delivered the part of it that is delivered already
     * @param former whether it was started before cursors knew ETags; then it keeps the ids of that time
     * @param begunWith identifies the query to finish it with
     */
    void claimed(Counts delivered, boolean former, String begunWith);

    /** Another replica has claimed or delivered part of it; this process must leave it alone. */
    void elsewhere();

    /** Its commit is on disk. */
    default void recorded() {}

    /** The store failed: the unit may be delivered, but will be delivered again. */
    void notRecorded(ConnectorException why);
}
