package com.bytefreezer.connector.disk;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrivateFilesTest {
    @TempDir
    private Path folder;

    @Test
    void whatIsMadeIsForThisUserAlone() throws IOException {
        Path below = folder.resolve("a/b");
        PrivateFiles.createFolders(below);
        PrivateFiles.create(below.resolve("made"));
        PrivateFiles.open(below.resolve("opened"), StandardOpenOption.WRITE).close();
        PrivateFiles.openNew(below.resolve("new")).close();
        assertThat(permissions(folder.resolve("a"))).isEqualTo("rwx------");
        assertThat(permissions(below)).isEqualTo("rwx------");
        for (String name : new String[] {"made", "opened", "new"}) {
            assertThat(permissions(below.resolve(name))).isEqualTo("rw-------");
        }
    }

    @Test
    void whatIsThereKeepsItsPermissions() throws IOException {
        Path file = Files.createFile(folder.resolve("shared"));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-x---"));
        PrivateFiles.createFolders(folder);
        PrivateFiles.open(file, StandardOpenOption.WRITE).close();
        assertThat(permissions(file)).isEqualTo("rw-r-----");
        assertThat(permissions(folder)).isEqualTo("rwxr-x---");
    }

    private static String permissions(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }
}
