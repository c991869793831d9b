/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The place for a blob in a module's read-only data.
 *
 * The program that loads the module puts the blob in place of the empty
 * section ".kheaders" and its length in place of the eight bytes of
 * ".kheaders_size", so that one compilation serves every blob.  In the running
 * kernel the outcome is that of .incbin in .rodata, as kernel/kheaders.c has
 * it: both sections are allocated, not written to, and page aligned.
 */
#ifndef KHEADERS_BLOB_H
#define KHEADERS_BLOB_H

#include <linux/types.h>

asm("	.pushsection .kheaders, \"a\", @progbits\n"
    "	.balign 4096\n"
    "	.globl kheaders_blob\n"
    "kheaders_blob:\n"
    "	.byte 0\n"
    "	.popsection\n"
    "	.pushsection .kheaders_size, \"a\", @progbits\n"
    "	.balign 8\n"
    "	.globl kheaders_size\n"
    "kheaders_size:\n"
    "	.quad 0\n"
    "	.popsection\n");

extern const u8 kheaders_blob[];
extern const u64 kheaders_size;

#endif
