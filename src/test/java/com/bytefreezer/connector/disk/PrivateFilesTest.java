package com.bytefreezer.connector.disk;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.bytefreezer.connector.testing.TestTools;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
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

    @Test
    void aFileThatIsGoneIsNotReplaced() throws IOException {
        Path file = folder.resolve("gone");

        assertThatThrownBy(() -> PrivateFiles.replace(file, new byte[1])).isInstanceOf(NoSuchFileException.class);
        assertThat(folder).isEmptyDirectory();
        PrivateFiles.writeForPeople(file, new byte[1]);
        assertThat(folder).isDirectoryContaining(file::equals);
    }

    @Test
    void aFileIsWrittenAsAWholeAndOverNoOther() throws IOException {
        Path file = folder.resolve("whole");
        PrivateFiles.writeNew(file, "first".getBytes(UTF_8));
        assertThat(permissions(file)).isEqualTo("rw-------");
        assertThatThrownBy(() -> PrivateFiles.writeNew(file, "second".getBytes(UTF_8)))
                .isInstanceOf(FileAlreadyExistsException.class);
        assertThat(file).hasContent("first");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        PrivateFiles.replace(file, "third".getBytes(UTF_8));
        assertThat(file).hasContent("third");
        assertThat(permissions(file)).isEqualTo("rw-r--r--");
        assertThat(folder).isDirectoryContaining(file::equals).isDirectoryNotContaining("glob:**.part");
    }

    @Test
    void aFullDiskLeavesTheOldContentAndNothingElse() throws Exception {
        Path disk = Files.createDirectory(folder.resolve("disk"));
        assumeTrue(
                TestTools.run("mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", disk.toString()), "mount needs root");
        try {
            Path file = disk.resolve("old");
            PrivateFiles.writeNew(file, "old".getBytes(UTF_8));
            byte[] large = new byte[100_000];
            assertThatThrownBy(() -> PrivateFiles.replace(file, large)).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> PrivateFiles.writeNew(disk.resolve("new"), large))
                    .isInstanceOf(IOException.class);
            assertThat(file).hasContent("old");
            try (Stream<Path> all = Files.list(disk)) {
                assertThat(all).containsExactly(file);
            }
        } finally {
            TestTools.run("umount", disk.toString());
        }
    }

    private static String permissions(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }
}
