package com.bytefreezer.connector.lookup;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Lookups in a folder of this machine. A link is read only if it leads to a file in the folder. */
record LookupFolder(Path folder) implements LookupPlace {
    @Override
    public boolean exists() {
        return Files.isDirectory(folder);
    }

    @Override
    public List<LookupFile> files() throws IOException {
        List<LookupFile> files = new ArrayList<>();
        try (Stream<Path> all = Files.list(folder)) {
            for (Path path : all.sorted().toList()) {
                if (LookupFile.isOne(path.getFileName().toString())) {
                    files.add(file(path));
                }
            }
        }
        return files;
    }

    private LookupFile file(Path path) {
        String name = path.getFileName().toString();
        try {
            Path real = path.toRealPath();
            if (!real.startsWith(folder.toRealPath())) {
                return new LookupFile(name, path.toString(), "", "it is a link that leads out of the folder");
            }
            if (!Files.isRegularFile(real, LinkOption.NOFOLLOW_LINKS)) {
                return new LookupFile(name, path.toString(), "", "it is not a file");
            }
            BasicFileAttributes attributes = Files.readAttributes(real, BasicFileAttributes.class);
            String state = "%d %s %s".formatted(attributes.size(), attributes.lastModifiedTime(), attributes.fileKey());
            return new LookupFile(name, path.toString(), state, null);
        } catch (IOException e) {
            return new LookupFile(name, path.toString(), "", "it cannot be read (%s)".formatted(e));
        }
    }

    @Override
    public InputStream open(LookupFile file) throws IOException {
        LookupFile now = file(folder.resolve(file.file()));
        if (now.problem() != null) {
            throw new IOException(now.problem());
        }
        return Files.newInputStream(folder.resolve(file.file()).toRealPath(), LinkOption.NOFOLLOW_LINKS);
    }
}
