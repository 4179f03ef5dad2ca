package com.bytefreezer.connector.query;

import com.bytefreezer.connector.lake.LakeObject;
import java.util.List;

/** Objects that were to be read together have not all the same columns. */
public final class MixedSchemasException extends Exception {
    private static final long serialVersionUID = 1;

    private final transient List<List<LakeObject>> groups;

    MixedSchemasException(List<List<LakeObject>> groups) {
        super("the objects have different columns");
        this.groups = groups;
    }

    /** Those that belong together. */
    public List<List<LakeObject>> groups() {
        return groups;
    }
}
