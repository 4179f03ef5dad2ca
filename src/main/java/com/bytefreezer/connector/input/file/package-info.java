/** Feeds that read the files of a folder. */
@NullMarked
package com.bytefreezer.connector.input.file;

import org.jspecify.annotations.NullMarked;
