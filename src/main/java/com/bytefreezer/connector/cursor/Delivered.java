package com.bytefreezer.connector.cursor;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.problem.ConnectorException;
import java.util.List;
import java.util.Optional;

/** A unit of work: what is recorded together. */
public interface Delivered {
    /** Whose it is. */
    Lane lane();

    List<LakeObject> objects();

    /** Identifies the query; a checkpoint holds only for the query it was made with. */
    String query();

    Counts counts();

    /** Says what the whole dataset looked like, when the unit covers all of it. */
    Optional<String> listing();

    /** What {@link #listing} was at the last delivery before this run. */
    Optional<String> listingBefore();

    /**
     * It is this process's now.
     *
     * @param delivered what is delivered of it already
     * @param former whether that was when cursors knew no ETags: it is finished with the ids it was begun with
     * @param begunWith identifies the query with which it is finished
     */
    void claimed(Counts delivered, boolean former, String begunWith);

    /** Another replica has claimed or delivered part of it; this process must leave it alone. */
    void elsewhere();

    /** Its commit is on disk. */
    default void recorded() {}

    /** The store failed: the unit may be delivered, but will be delivered again. */
    void notRecorded(ConnectorException why);
}
