package com.bytefreezer.connector.lookup;

import com.bytefreezer.connector.lake.BucketFiles;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** Lookups below a prefix of a bucket. */
record LookupBucket(String url, BucketFiles bucket) implements LookupPlace {
    @Override
    public boolean exists() {
        return true;
    }

    @Override
    public List<LookupFile> files() {
        return bucket.files().stream()
                .filter(file -> LookupFile.isOne(file.name()))
                .map(file -> new LookupFile(file.name(), url + "/" + file.name(), file.state(), null))
                .toList();
    }

    @Override
    public InputStream open(LookupFile file) throws IOException {
        return bucket.open(file.file());
    }
}
